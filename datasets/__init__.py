"""Data sets to train on: tables, generated sequence tasks and the user's own files."""

if __name__ != "metarnn.datasets":
    raise ImportError(f"Import this package as metarnn.datasets, not as {__name__!r}.")

from .catalog import DATASETS as DATASETS
from .catalog import describe as describe
from .catalog import load as load
from .dataset import Dataset as Dataset
from .generated import adding as adding
from .generated import arma as arma
from .generated import begin_middle_end as begin_middle_end
from .generated import chirp as chirp
from .generated import control_charts as control_charts
from .generated import copy_memory as copy_memory
from .generated import cylinder_bell_funnel as cylinder_bell_funnel
from .generated import delayed_recall as delayed_recall
from .generated import embedded_reber as embedded_reber
from .generated import flip_flop as flip_flop
from .generated import hidden_shape as hidden_shape
from .generated import latch as latch
from .generated import lead_lag as lead_lag
from .generated import legal_successors as legal_successors
from .generated import mackey_glass as mackey_glass
from .generated import noise_free_lag as noise_free_lag
from .generated import number_words as number_words
from .generated import parity as parity
from .generated import temporal_order as temporal_order
from .generated import tomita as tomita
from .generated import tone as tone
from .generated import two_patterns as two_patterns
from .generated import two_sequence as two_sequence
from .generated import up_middle_down as up_middle_down
from .generated import waveform as waveform
from .generated import xor as xor
from .paths import load_path as load_path
from .readers import load_csv as load_csv
from .readers import load_folder as load_folder
from .readers import load_long as load_long
from .readers import load_table as load_table
from .readers import load_ts as load_ts
from .readers import read_table as read_table
from .tables import australian as australian
from .tables import breast_cancer as breast_cancer
from .tables import breast_cancer_wisconsin as breast_cancer_wisconsin
from .tables import diabetes as diabetes
from .tables import digits as digits
from .tables import glass as glass
from .tables import iris as iris
from .tables import load_openml as load_openml
from .tables import new_thyroid as new_thyroid
from .tables import thyroid as thyroid
from .tables import wine as wine
from .task import EVERY_LABEL as EVERY_LABEL
from .task import LAST_LABEL as LAST_LABEL
from .task import Rule as Rule
from .task import Task as Task

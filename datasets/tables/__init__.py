"""Tables: built in, of UCI, of OpenML."""

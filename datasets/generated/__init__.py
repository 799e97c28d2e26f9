"""Generated sequence tasks."""

"""Methods that follow gradients."""

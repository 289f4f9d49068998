"""Deep learning from first principles: every model in NumPy and in Keras."""

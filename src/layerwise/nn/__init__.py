"""A deep-learning framework in NumPy alone, with the names, defaults and shapes of Keras."""

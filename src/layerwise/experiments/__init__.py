"""Training an experiment in either backend: ``python -m layerwise.experiments numpy|keras …``."""

# One thread, because the number of threads changes the last bits of a result; parallelism comes from jobs.
# NumPy and TensorFlow read these variables when they are imported.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "KERAS_BACKEND": "tensorflow",
}

//! Files of NumPy's format .npy.

"""Small experiments about learning itself, each a function from data and arguments to arrays.

A study is named in the configuration (``studies:``) and cached as ``results/studies/<study>.npz``; a notebook draws it.
What trains a model to be compared with others is an experiment, not a study.
"""

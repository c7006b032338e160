"""Training: lessons as data, each step marked by its result, a summary of a class."""

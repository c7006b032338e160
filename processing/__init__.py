"""The Processing provider and its algorithms: read parameters, call core, write a sink."""

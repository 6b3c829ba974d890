"""Statistical models and optimisation: arrays in, frozen results out."""

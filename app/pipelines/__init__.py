"""The stages: data_prep, train (also --tune and --retrain), promote, evaluate."""

"""The typed, frozen form of `readiness.yaml`: its schema, how it is read, and what is wrong with it in words."""

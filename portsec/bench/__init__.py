"""Benchmarks, each printing a ratio against a baseline that it measures in the same run. bench/README.md reads the figures."""

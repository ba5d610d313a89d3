"""The passes of the benchmark: steady runs, start-up, and counts. Each opens its own Chromium."""

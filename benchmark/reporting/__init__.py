"""What is made of the benchmark's JSON: numbers, verdicts, tables, a chart and docs/benchmarks.md."""

"""The backends: each turns a Graph into a plan that the runtime executes."""

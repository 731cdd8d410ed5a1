"""Side-by-side measurements of this project, the original stack, Channels 4 and the bare limits."""

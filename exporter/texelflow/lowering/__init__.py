"""From the Graph to a Plan: which textures there are and which draws fill them."""

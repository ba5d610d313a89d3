"""WebGL2: from the Graph to a Plan, which says what textures there are and which draws fill them."""

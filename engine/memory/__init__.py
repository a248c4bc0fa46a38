"""What the lifeform remembers outside its weights."""

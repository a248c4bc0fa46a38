"""What a person sees and touches. It knows the engine only through its front door."""

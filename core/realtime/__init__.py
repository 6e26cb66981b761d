"""The client side: machines that decide, composed by the engine, and shells that do what it says."""

"""The parts of the screens. Each one draws from plain data and posts messages; none of them calls the engine."""

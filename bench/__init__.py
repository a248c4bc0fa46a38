"""Every figure that the README shows, one command each; none of it is part of the installed program."""

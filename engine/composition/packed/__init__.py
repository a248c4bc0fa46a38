"""The fast path of a Llama whose weights came in small blocks: its own decoder stack, on the blocks as they are.

``packing`` lays the blocks of a GGUF file out for the kernel, once, when the file is converted; ``build`` compiles the
kernel at its first use; ``model`` is what the rest of the engine calls. Where there is no compiler, or the weights came
otherwise, there is no packed model, and Transformers computes.
"""

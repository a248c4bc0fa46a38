"""From the configuration to a composition: finding the models, loading them, joining them."""

from __future__ import annotations

from collections.abc import Callable

from engine.composition.composition import Composition
from engine.composition.frozen import load_frozen
from engine.composition.layers import choose_layers
from engine.composition.scaffold import LoraSettings
from engine.composition.weights import resolve
from engine.config_keys import CoreConfig, LoraConfig


def load_composition(
    core: CoreConfig, lora: LoraConfig, *, adapters: bool, report: Callable[[str, float], None]
) -> Composition:
    """Load what ``core`` names and join it as ``core`` and ``lora`` say.

    Args:
        core: Models, layers, precision, seed.
        lora: Shape of the adapters.
        adapters: ``enable_lora_adapters``.
        report: Told what is being done, and how far in [0, 1].

    Raises:
        WeightsError: When a model cannot be found or loaded.
        LayerError: When the chosen layers do not fit the base.
    """
    base_folder = resolve(core.base_model_name, progress=report)
    scaffold_folder = resolve(core.scaffold_model_name, progress=report)
    report(f"loading {core.base_model_name}", 0.0)
    base = scaffold = load_frozen(core.base_model_name, base_folder, core.quantization)
    layers = choose_layers(
        len(base.layers),
        dynamic=core.use_dynamic_layers,
        mode=core.layer_selection_mode,
        fixed=core.cross_attn_layers,
        custom=core.custom_layers,
    )
    if scaffold_folder != base_folder:
        report(f"loading {core.scaffold_model_name}", 0.4)
        scaffold = load_frozen(core.scaffold_model_name, scaffold_folder, core.quantization)
    report("composing", 0.8)
    settings = LoraSettings(
        rank=lora.lora_rank,
        alpha=lora.lora_alpha,
        dropout=lora.lora_dropout,
        target_modules=tuple(lora.lora_target_modules),
        enabled=adapters,
        seed=core.random_seed,
    )
    return Composition(base, scaffold, layers, settings, key_value=False if core.bridge_form == "bridge" else None)

"""The lifeform: what computes, what feels and what remembers, held together.

Its methods are the jobs. It runs on one thread, the engine's, and knows nothing of who watches. Until
:meth:`Lifeform.awaken` it has a journal, settings and moods, but no models, and torch is not imported.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import gestation, in_view
from engine.api import AnswerStats
from engine.composition.prompt import Turn
from engine.config import Change, Config, spec
from engine.conversation import Conversation
from engine.home import Home
from engine.interaction import live_through, prompt_of, speak
from engine.memory.dreams import DreamMemory
from engine.memory.journal import Journal
from engine.mind.confidence import ConfidenceHistory
from engine.mind.curiosity import Curiosity
from engine.mind.lifecycle import (
    Lifecycle,
    capacity_of,
    dynamic_factor,
    growth_of,
    influence_weight,
    life_of,
    life_weight,
)
from engine.mind.temperament import Temperament, TemperamentSettings
from engine.slips import Slips
from engine.state import capture, export_adapters, restore, take_up
from engine.state_files import StateError, read_state, write_state
from engine.state_rotation import Earlier, earlier_states
from engine.voice import Answer, Listener

if TYPE_CHECKING:
    from engine.composition.bridge import Influence
    from engine.composition.composition import Composition
    from engine.composition.decoder import Spoken
    from engine.learning.night import Watcher

Report = Callable[[str, float], None]
"""Told what is being done, and how far in [0, 1]."""


class Lifeform:
    """One life, in one home.

    Attributes:
        home: Where it lives.
        config: Its settings; change them with :meth:`set_config`.
        config_path: The file that the settings are kept in.
        journal: Everything that was said.
        conversation: The running one.
        composition: What computes; None until awake.
        chance: Where tokens are drawn from; there once it is awake.
        warnings: What the user should be told about how it came up.
        hung: The life whose place it takes because that one hangs; None once what there was of it is kept.
    """

    def __init__(self, home: Home, config: Config, config_path: Path | None = None) -> None:
        self.home = home
        self.config = config
        self.config_path = config_path or home.config_path
        self.read_only = home.read_only
        self.journal = Journal.open(home.journal_path, read_only=home.read_only)
        self.composition: Composition | None = None
        self.warnings: list[str] = []
        self.hung: Lifeform | None = None
        self._be_born()

    def _be_born(self) -> None:
        """Begin a life: a mind that has seen nothing, and a conversation in which nothing was said."""
        controls = self.config.controls_config
        self.confidence = ConfidenceHistory(
            controls.confidence_history_maxlen, enabled=controls.enable_confidence_tracking
        )
        self.temperament = Temperament(controls.temperament_history_maxlen, self._temper)
        self.lifecycle = Lifecycle()
        self.conversation = Conversation()
        self.slips = Slips()
        self.pinned_weight: float | None = None
        self.last_trained: float | None = None
        self.dreams = DreamMemory()
        self.curiosity = Curiosity(self.journal.asked_at())
        self.slept_at_temperament = self.temperament.score
        self.sleeping = self.waking = self.paused = False
        self.slept_in_vain_at: int | None = None  # interactions there were at the last night that went wrong
        self.last_answer: AnswerStats | None = None

    @property
    def _temper(self) -> TemperamentSettings:
        return TemperamentSettings.of(self.config.controls_config)

    # -- waking up -----------------------------------------------------------------------------------------------------

    def awaken(self, report: Report) -> None:
        """Load the models, compose them, and take up the saved state.

        Raises:
            WeightsError: When a model cannot be found or loaded.
            LayerError: When the chosen layers do not fit the base.
        """
        self._compose(report)
        report("remembering", 0.9)
        take_up(self)
        if told := gestation.cut_off(self):
            self.warnings.append(told)
        report("awake", 1.0)

    def _compose(self, report: Report) -> None:
        import torch

        from engine.composition.loading import load_composition

        self.use_threads()
        lora = self.config.controls_config.enable_lora_adapters
        core = self.config.core_config
        self.composition = load_composition(core, self.config.lora_config, adapters=lora, report=report)
        self.warnings = [warning] if (warning := self.composition.scaffold.warning) else []
        self.chance = torch.Generator().manual_seed(core.random_seed)

    def use_threads(self) -> None:
        """Compute on as many threads as the settings say."""
        import torch

        wanted, cores = self.config.controls_config.cpu_threads, os.cpu_count() or 2
        # One core stays free for whoever draws the screen: two threads on two busy cores are slower than one.
        torch.set_num_threads(wanted or max(1, cores - 1))
        if self.composition is not None and (packed := self.composition.base.packed) is not None:
            # A prompt is read in a moment, and nothing is written meanwhile. The kernel steps back by itself.
            packed.reading_threads = wanted or cores

    @property
    def composed(self) -> Composition:
        """The composition, which there must be."""
        if self.composition is None:
            raise RuntimeError("the lifeform is not awake")
        return self.composition

    # -- speaking ------------------------------------------------------------------------------------------------------

    def chat(self, listener: Listener, text: str) -> Answer:
        """Say ``text`` in the running conversation and hear the answer, which becomes part of it.

        A stopped answer is kept as far as it came. When generation fails the conversation is as it was before.

        Raises:
            PromptTooLong: When ``text`` is longer than fits.
        """
        turns = [*self.conversation.turns, Turn("user", text)]
        answering = self.conversation.answering(text)
        examples, read = in_view.examples(self), in_view.shown(self, turns, answering)
        prompt = prompt_of(self, read, examples=examples)
        kept = in_view.kept(turns, read, prompt.dropped)
        recall = not in_view.told_meanwhile(self, {turns[at].text for at in answering if turns[at] in kept})
        spoken, answer = speak(
            self,
            listener,
            prompt,
            recall=recall,
            same_beginnings=in_view.alike(examples),
            never_first=in_view.beside_the_point(self, text, examples),
        )
        if spoken.text:
            self.conversation.turns = [*kept, Turn("assistant", spoken.text)]
        self._mind_doubts(spoken)
        live_through(self, "chat", text, spoken.text, answer.stats)
        self._note_woken(True)
        return answer

    def generate(
        self,
        listener: Listener,
        text: str,
        max_new_tokens: int | None = None,
        temperature: float | None = None,
    ) -> Answer:
        """Answer ``text`` by itself, outside the conversation; see :func:`engine.speech.generate.generate`."""
        from engine.speech.generate import generate

        return generate(self, listener, text, max_new_tokens, temperature)

    def ask(self, question: str) -> None:
        """Ask the user something: it joins the conversation, behind what was said last."""
        *before, last = self.conversation.turns or [Turn("assistant", "")]
        self.conversation.turns = [*before, Turn(last.role, f"{last.text}\n\n{question}".strip())]
        self.curiosity.asked(time.time())
        self._note_woken(True)

    def _note_woken(self, woken: bool) -> None:
        if self.config.controls_config.has_woken is not woken:
            self.config.set("controls_config.has_woken", woken, by="the lifeform")

    def dice(self) -> random.Random:
        """Chance for choices that are not a token's: seeded by the life's own, so that one seed lives one life."""
        import torch

        return random.Random(int(torch.randint(2**31, (1,), generator=self.chance)))

    def _mind_doubts(self, spoken: Spoken) -> None:
        decode = self.composed.base.tokenizer.decode
        self.curiosity.spoken([decode([id]) for id in spoken.ids], spoken.confidences)

    # -- influence -----------------------------------------------------------------------------------------------------

    @property
    def capacity(self) -> float:
        """C, in units of exposure; 0 until awake."""
        if self.composition is None:
            return 0.0
        return capacity_of(self.composition.lora_parameters, self.config.training_config.lifecycle_capacity_factor)

    @property
    def life(self) -> float:
        """x = E / C."""
        return life_of(self.lifecycle.exposure, self.capacity)

    @property
    def growth(self) -> float:
        """g in [0, 1]."""
        training = self.config.training_config
        return growth_of(
            self.lifecycle.exposure,
            self.capacity,
            training.lifecycle_curve,
            training.sigmoid_scale,
            training.sigmoid_shift,
        )

    @property
    def weight(self) -> float:
        """w as it would act on the next answer if the gate opens."""
        controls = self.config.controls_config
        if not controls.enable_cross_attention:
            return 0.0
        cap = controls.scaffold_weight_cap
        dynamic = dynamic_factor(
            controls.dynamic_cross_attn_mode,
            self.confidence.mean(),
            self.temperament.score,
            enabled=controls.enable_dynamic_cross_attention,
        )
        life = life_weight(self.growth, cap, enabled=controls.enable_lifecycle_weighting)
        return influence_weight(cap, dynamic, life, self.pinned_weight)

    def influence(self) -> Influence:
        """How loudly the scaffold may speak in the next answer."""
        from engine.composition.bridge import Influence
        from engine.learning.dream_traces import in_context

        core = self.config.core_config
        return Influence(
            weight=self.weight,
            blend=core.blend_strength,
            cap=self.config.controls_config.scaffold_weight_cap,
            threshold=core.gate_threshold,
            dreams=in_context(self.dreams, self.config.controls_config, self.composed),
        )

    def pin_weight(self, weight: float | None) -> float:
        """Pin the influence weight, or leave it to the lifecycle with None. Returns what acts, the cap included."""
        self.pinned_weight = weight
        return self.weight

    def set_blend(self, blend: float) -> Change:
        """Set b, the blend strength."""
        return self.set_config("core_config.blend_strength", blend, by="tune cross blend")

    def set_memory(self, scaffold: bool | None = None, token_map: bool | None = None) -> None:
        """Switch the two memories; None leaves one as it is."""
        if scaffold is not None:
            self.set_config("controls_config.use_scaffold_memory", scaffold, by="memory")
        if token_map is not None:
            self.set_config("controls_config.use_token_map_memory", token_map, by="memory")

    # -- nights --------------------------------------------------------------------------------------------------------

    @property
    def tired(self) -> bool:
        """Whether it would fall asleep by itself, were it quiet."""
        return gestation.tired(self)

    def sleep(self, caller: Watcher) -> str:
        """Sleep through a night; see :func:`engine.gestation.sleep`."""
        return gestation.sleep(self, caller)

    def dream(self, caller: Watcher) -> str:
        """Dream once; see :func:`engine.gestation.dream`."""
        return gestation.dream(self, caller)

    def wake(self) -> bool:
        """End the running sleep. Returns whether there was one."""
        self.waking, self.paused = self.sleeping, False
        return self.sleeping

    def hold(self, paused: bool) -> bool:
        """Hold the running sleep where it is, or let it go on. Returns whether there is one."""
        self.paused = paused and self.sleeping
        return self.sleeping

    def forget(self, memory_id: int) -> None:
        """Let the next sleep unlearn a memory; dreams of it are gone at once."""
        with self.journal.transaction():
            self.journal.memories.forget([memory_id])
        self.dreams.drop([memory_id])

    # -- settings ------------------------------------------------------------------------------------------------------

    def set_config(self, key: str, value: Any, *, by: str = "config") -> Change:
        """Change one setting, and let it act at once where it can; ``by`` says who does, for ``config why``.

        Raises:
            ConfigError: When key or value are wrong; nothing is changed.
        """
        if self.composition is not None:
            # What time has already done to the token map's memory is settled at the old rate.
            self.composition.memory.settle(self.config.controls_config.memory_decay_rate)
        change = self.config.set(key, value, by=by)
        controls = self.config.controls_config
        if not controls.is_sleeping:
            self.wake()
        if self.composition is not None:
            self.use_threads()
        self.confidence.enabled = controls.enable_confidence_tracking
        self.confidence.resize(controls.confidence_history_maxlen)
        self.temperament.resize(controls.temperament_history_maxlen)
        self.temperament.reread(self._temper)
        return change

    def reset_config(self, key: str) -> Change:
        """Set ``key`` back to its default."""
        return self.set_config(key, spec(key).default, by="config reset")

    # -- conversation --------------------------------------------------------------------------------------------------

    def new_conversation(self) -> tuple[str, str]:
        """Begin a new conversation. Returns its id and that of the one before."""
        previous = self.conversation.id
        self.conversation = Conversation()
        if self.composition is not None:
            self.composition.forget_reading()
        return self.conversation.id, previous

    def reset(self, report: Report) -> tuple[str, str]:
        """Begin a new life in memory: fresh adapters, mind and conversation, all settings in force.

        Saved files and the journal stay. Returns the ids of the new conversation and of the one before.

        Raises:
            WeightsError: When the models that are now set cannot be loaded; the life goes on as it was.
            LayerError: When the layers that are now set do not fit them; likewise.
        """
        previous = self.conversation.id
        self._compose(report)
        self._be_born()
        self._note_woken(False)
        report("awake", 1.0)
        return self.conversation.id, previous

    # -- state ---------------------------------------------------------------------------------------------------------

    def state_prefix(self, name: str | None = None) -> Path:
        """Where a state called ``name`` lives: in the home, unless the name is a path."""
        name = name or self.config.controls_config.save_path_prefix
        path = Path(name).expanduser()
        return path if path.is_absolute() or path.parent != Path() else self.home.state_dir / name

    def save(self, name: str | None = None) -> Path:
        """Write the whole state. Returns its prefix.

        Raises:
            StateError: When it cannot be written, or the home was opened read-only; what was there before stays.
        """
        if self.read_only:
            raise StateError("this home is open read-only; nothing was saved")
        prefix = self.state_prefix(name)
        write_state(prefix, capture(self), keep=self.config.controls_config.states_kept)
        return prefix

    def earlier_states(self, name: str | None = None) -> list[Earlier]:
        """States that saves under ``name`` have replaced, the newest first; they can be loaded again."""
        return earlier_states(self.state_prefix(name))

    def load(self, name: str | None, report: Report, *, earlier: int = 0) -> None:
        """Go on from the state called ``name``. It is read into models of its own, and changes nothing until it fits.

        ``earlier`` takes the one that was there so many saves before.

        Raises:
            StateError: When there is none, or it is damaged or of other models; the life goes on as it was.
            WeightsError: When the models that are now set cannot be loaded; likewise.
            LayerError: When the layers that are now set do not fit them; likewise.
        """
        prefix = self.state_prefix(name)
        if earlier:
            kept = self.earlier_states(name)
            if earlier > len(kept):
                raise StateError(f"there are {len(kept)} earlier states of {prefix}_*; states lists them")
            prefix = kept[earlier - 1].prefix
        saved = read_state(prefix, read_only=self.read_only)
        if saved is None:
            raise StateError(f"there is no state {prefix}_*; save writes one")
        before = self.composition, self.warnings, self.chance
        self._compose(report)
        try:
            restore(self, saved)
        except BaseException:
            self.composition, self.warnings, self.chance = before
            raise
        report("awake", 1.0)

    def revive(self, report: Report) -> float | None:
        """Come up anew from the last saved state, whatever became of the present one; errors as of :meth:`awaken`.

        Returns when that state was saved, in Unix seconds; None for a newborn.
        """
        self._compose(report)
        self._be_born()
        saved_at = take_up(self)
        report("awake", 1.0)
        return saved_at

    def export_adapters(self, folder: Path) -> None:
        """Write the scaffold's adapters into a new folder; see :func:`engine.state.export_adapters`."""
        export_adapters(self.composed.scaffold, folder)

    def disown(self) -> None:
        """Let go of a life whose thread hangs: whatever that comes to yet, it changes nothing on disk any more."""
        gestation.leave_sleep(self)
        self.read_only = self.journal.read_only = True
        self.journal.interrupt()

    def close(self) -> None:
        """Let go of the journal and the models."""
        self.composition = None
        self.journal.close()

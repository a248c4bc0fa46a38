"""``sovl completion SHELL``: what a shell must be told to complete the command line."""

from __future__ import annotations

WORDS = ("exec", "serve", "completion")
OPTIONS = ("--home", "--config", "--read-only", "--plain", "--version", "--help")

_BASH = """\
_sovl() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}"
    case "${{COMP_WORDS[COMP_CWORD - 1]}}" in
        --home) COMPREPLY=($(compgen -d -- "$word")) ;;
        --config) COMPREPLY=($(compgen -f -- "$word")) ;;
        completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$word")) ;;
        *) COMPREPLY=($(compgen -W "{words} {options} --json --port" -- "$word")) ;;
    esac
}}
complete -F _sovl sovl
"""
_ZSH = """\
#compdef sovl
_arguments '--home[folder of the lifeform]:folder:_files -/' '--config[settings]:file:_files' \\
    '--read-only[look, but change nothing]' '--plain[one line at a time]' '--version[say which version]' \\
    '--json[one event a line]' '--port[where to serve]:port' '1:command:({words})' '2:shell:(bash zsh fish)'
"""
_FISH = """\
complete -c sovl -f -n __fish_use_subcommand -a '{words}'
complete -c sovl -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'
complete -c sovl -l home -r -a '(__fish_complete_directories)' -d 'folder of the lifeform'
complete -c sovl -l config -r -F -d settings
complete -c sovl -l read-only -d 'look, but change nothing'
complete -c sovl -l plain -d 'one line at a time'
complete -c sovl -l version -d 'say which version'
complete -c sovl -n '__fish_seen_subcommand_from exec' -l json -d 'one event a line'
complete -c sovl -n '__fish_seen_subcommand_from serve' -l port -r -d 'where to serve'
"""
SHELLS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def script(shell: str) -> str:
    """The script for one of :data:`SHELLS`."""
    return SHELLS[shell].format(words=" ".join(WORDS), options=" ".join(OPTIONS))

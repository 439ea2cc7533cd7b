#!/usr/bin/env python3
"""completions.py OPTIONS.json SHELL: completions for bash, zsh or fish, on standard output.

Commands, options and values come from the program's own tables (`accession internals options`);
destinations and profiles are looked up when the user presses Tab.
"""
import json
import sys

PATHS = {'FILE', 'FOLDER', 'FOLDER|s3://BUCKET/PREFIX'}
PROFILES = ("sed -n 's/^\\[profile \\([^]]*\\)\\]$/\\1/p; s/^\\[\\([^] ]*\\)\\]$/\\1/p' "
            '"${AWS_CONFIG_FILE:-$HOME/.aws/config}" "${AWS_SHARED_CREDENTIALS_FILE:-$HOME/.aws/credentials}" 2>/dev/null')


def options_of(everything, command):
    rows = [row for group in command['groups'] for row in group['options']]
    return rows + everything['options']


def first_word_choices(command):
    """'[options] check FILE|...' and 'credentials|show [NAME]' begin with words to choose from."""
    words = [word for word in command['usage'].split() if not word.startswith(('[', '-'))]
    return [word for word in words[0].split('|') if word.islower()] if words else []


def bash(everything):
    commands = everything['commands']
    names = ' '.join(command['name'] for command in commands)
    yield '# bash completion for accession'
    yield '_accession()'
    yield '{'
    yield '    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command= i'
    yield '    [[ $cur != = ]] || cur='
    yield '    [[ $prev != = ]] || prev=${COMP_WORDS[COMP_CWORD - 2]}'
    yield '    for ((i = 1; i < COMP_CWORD; i++)); do'
    yield '        [[ ${COMP_WORDS[i]} == -* ]] || { command=${COMP_WORDS[i]} && break; }'
    yield '    done'
    yield '    local options= first='
    yield '    case $command in'
    yield '    "")'
    yield f'        mapfile -t COMPREPLY < <(compgen -W "{names} help --help --version" -- "$cur")'
    yield '        return'
    yield '        ;;'
    yield '    help)'
    yield f'        mapfile -t COMPREPLY < <(compgen -W "{names}" -- "$cur")'
    yield '        return'
    yield '        ;;'
    for command in commands:
        rows = options_of(everything, command)
        yield f'    {command["name"]})'
        yield '        options="' + ' '.join('--' + row['name'] for row in rows) + ' --help"'
        if first_word_choices(command):
            yield f'        first="{" ".join(first_word_choices(command))}"'
        yield '        case $prev in'
        for row in rows:
            if row['choices']:
                yield f'        --{row["name"]})'
                yield f'            mapfile -t COMPREPLY < <(compgen -W "{" ".join(row["choices"])}" -- "$cur")'
                yield '            return'
                yield '            ;;'
        plain = [f'--{row["name"]}' for row in rows
                 if row['value'] and not row['optional'] and not row['choices'] and row['value'] not in PATHS
                 and row['name'] != 'profile']
        if plain:
            yield '        ' + ' | '.join(plain) + ') return ;;'
        yield '        esac'
        yield '        ;;'
    yield '    esac'
    yield '    if [[ $prev == --profile ]]; then'
    yield f"        mapfile -t COMPREPLY < <(compgen -W \"$({PROFILES})\" -- \"$cur\")"
    yield '    elif [[ $cur == -* ]]; then'
    yield '        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")'
    yield '    elif [[ -n $first && $prev == "$command" ]]; then'
    yield '        mapfile -t COMPREPLY < <(compgen -W "$first" -- "$cur")'
    yield '    else'
    yield '        mapfile -t COMPREPLY < <('
    yield '            compgen -f -- "$cur"'
    yield '            compgen -W "$(accession internals archives 2>/dev/null)" -- "$cur"'
    yield '        )'
    yield '        compopt -o filenames -o nospace 2>/dev/null'
    yield '    fi'
    yield '}'
    yield 'complete -F _accession accession'


def quote(text):
    return "'" + text.replace("'", "'\\''") + "'"


def zsh_option(row):
    text = row['help'].replace('[', '(').replace(']', ')').replace(':', '\\:')
    spec = f'--{row["name"]}'
    if row['optional']:
        spec += '=-'
    elif row['value']:
        spec += '='
    spec += f'[{text}]'
    if row['value']:
        action = ' '
        if row['choices']:
            action = '(' + ' '.join(row['choices']) + ')'
        elif row['value'] in PATHS:
            action = '_files'
        elif row['name'] == 'profile':
            action = '_accession_profiles'
        spec += ('::' if row['optional'] else ':') + f'{row["value"]}:{action}'
    return quote(('*' if row['list'] else '') + spec)


def zsh(everything):
    yield '#compdef accession'
    yield '_accession_profiles() {'
    yield f'    compadd -- $({PROFILES})'
    yield '}'
    yield '_accession_words() {'
    yield '    compadd -S "" -- $(accession internals archives 2>/dev/null)'
    yield '    _files'
    yield '}'
    yield '_accession() {'
    yield '    local context state line'
    yield '    local -a commands'
    yield '    commands=('
    for command in everything['commands']:
        yield '        ' + quote(f'{command["name"]}:{command["summary"]}')
    yield '    )'
    yield '    if (( CURRENT == 2 )); then'
    yield '        _describe command commands'
    yield '        return'
    yield '    fi'
    yield '    local command=$words[2]'
    yield '    shift words'
    yield '    (( CURRENT-- ))'
    yield '    case $command in'
    for command in everything['commands']:
        yield f'    {command["name"]})'
        specs = ' '.join(zsh_option(row) for row in options_of(everything, command))
        first = first_word_choices(command)
        word = f"'1:word:({' '.join(first)})' " if first else ''
        yield f"        _arguments {specs} {word}'*:word:_accession_words'"
        yield '        ;;'
    yield '    help) _describe command commands ;;'
    yield '    esac'
    yield '}'
    yield '_accession "$@"'


def fish(everything):
    yield '# fish completion for accession'
    yield 'set -l commands ' + ' '.join(command['name'] for command in everything['commands']) + ' help'
    for command in everything['commands']:
        yield (f'complete -c accession -n "not __fish_seen_subcommand_from $commands" -f -a {command["name"]} '
               f'-d {quote(command["summary"])}')
        for word in first_word_choices(command):
            yield f'complete -c accession -n "__fish_seen_subcommand_from {command["name"]}" -a {word}'
        for row in options_of(everything, command):
            line = (f'complete -c accession -n "__fish_seen_subcommand_from {command["name"]}" '
                    f'-l {row["name"]} -d {quote(row["help"])}')
            if row['letter']:
                line += f' -s {row["letter"]}'
            if row['value'] and not row['optional']:
                line += ' -r'
                if row['choices']:
                    line += f' -f -a {quote(" ".join(row["choices"]))}'
                elif row['name'] == 'profile':
                    line += ' -f -a ' + quote(
                        "(string match -rg '^\\[(?:profile )?(.*)\\]$' < ~/.aws/config 2>/dev/null)")
                elif row['value'] not in PATHS:
                    line += ' -f'
            yield line
    yield ('complete -c accession -n "__fish_seen_subcommand_from $commands" '
           '-a "(accession internals archives 2>/dev/null)"')


def main():
    with open(sys.argv[1], encoding='utf-8') as file:
        everything = json.load(file)
    print('\n'.join({'bash': bash, 'zsh': zsh, 'fish': fish}[sys.argv[2]](everything)))


main()

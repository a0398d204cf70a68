import { UsageError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { suggestion } from '../../core/text/suggest.ts';

/*
 * The scripts hold no knowledge of their own: at each TAB they ask `lab __complete`, which answers with one
 * `word<TAB>description` a line, and with a line `:files` when names of files may follow.
 */

const BASH = String.raw`# bash completion for lab
_lab() {
  local line words=() files=0
  while IFS= read -r line; do
    if [[ $line == :files ]]; then files=1; else words+=("${'$'}{line%%$'\t'*}"); fi
  done < <("${'$'}{COMP_WORDS[0]}" __complete -- "${'$'}{COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=("${'$'}{words[@]}")
  if ((files)); then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "${'$'}{COMP_WORDS[COMP_CWORD]}")
  fi
  if [[ ${'$'}{#COMPREPLY[@]} -eq 1 && ${'$'}{COMPREPLY[0]} == *: ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -F _lab lab
`;

const ZSH = String.raw`#compdef lab
_lab() {
  local line files=0
  local -a found
  while IFS= read -r line; do
    if [[ $line == :files ]]; then files=1; else found+=("${'$'}{${'$'}{line%%$'\t'*}//:/\\:}:${'$'}{line#*$'\t'}"); fi
  done < <("${'$'}{words[1]}" __complete -- "${'$'}{(@)words[2,CURRENT]}" 2>/dev/null)
  (( ${'$'}{#found} )) && _describe -t lab 'lab' found
  (( files )) && _files
  return 0
}
if [[ ${'$'}funcstack[1] == _lab ]]; then _lab "$@"; else compdef _lab lab; fi
`;

const FISH = String.raw`# fish completion for lab
function __lab_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete -- $words[2..] "$current" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c lab -f -a '(__lab_complete)'
`;

const scripts: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

export const shellNames: readonly string[] = Object.keys(scripts);

/** The script that teaches a shell to complete `lab`. @throws {UsageError} for a shell that is not known. */
export function completionScript(shell: string): string {
  const script = scripts[shell];
  if (script === undefined)
    throw new UsageError(say`there is no completion for "${shell}"`, {
      code: 'unknown-shell',
      hint: suggestion(shell, shellNames),
    });
  return script;
}

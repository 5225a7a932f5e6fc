# Completion for bash: asks lunette itself what can stand at the cursor; without an answer, bash offers files.
_lunette() {
    local IFS=$'\n'
    COMPREPLY=($(lunette complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null))
    # A parameter goes on with its value.
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
}
complete -o bashdefault -o default -F _lunette lunette

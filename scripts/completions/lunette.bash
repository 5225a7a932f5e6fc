# Completion for bash: asks lunette itself what can stand at the cursor; without an answer, bash offers files.
_lunette() {
    local IFS=$'\n' words=() word last
    # Bash takes name=value apart; lunette wants it whole, and bash the part behind the equals sign.
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if [[ ${#words[@]} -gt 1 && ($word == "=" || ${words[-1]} == *=) ]]; then words[-1]+=$word; else words+=("$word"); fi
    done
    last=${words[-1]-}
    COMPREPLY=($(lunette complete "${words[@]}" 2> /dev/null))
    if [[ $last == *=* && $COMP_WORDBREAKS == *=* ]]; then COMPREPLY=("${COMPREPLY[@]#"${last%%=*}="}"); fi
    # A parameter goes on with its value.
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
}
complete -o bashdefault -o default -F _lunette lunette

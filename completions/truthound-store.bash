# Completes truthound-store in bash: commands, options, and what is in the store.
_truthound_store() {
    local rest=$COMP_LINE words=() word trimmed i
    # bash breaks words at `=` and `:` too. Those without a blank between them are one.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        trimmed=${rest#"${rest%%[![:space:]]*}"}
        if ((i > 0)) && [[ $trimmed == "$rest" ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        rest=${trimmed#"$word"}
    done
    # What stands before the last break is not replaced.
    local index=$((${#words[@]} - 1)) value help
    local before=${words[index]%"$2"}
    COMPREPLY=()
    while IFS=$'\t' read -r value help; do
        if [[ $value == :files ]]; then
            compopt -o default 2>/dev/null
            return
        fi
        [[ $value == "$before"* ]] || continue
        printf -v value %q "${value#"$before"}"
        COMPREPLY+=("$value")
    done < <("$1" complete "$index" -- "${words[@]}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
# The newest results come first. bash before 4.4 sorts what it shows.
complete -o nosort -F _truthound_store truthound-store 2>/dev/null ||
    complete -F _truthound_store truthound-store

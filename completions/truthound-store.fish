# Completes truthound-store in fish: commands, options, and what is in the store.
function __truthound_store_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l lines ($words[1] complete (count $words) -- $words "$current" 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path "$current"
    else if set -q lines[1]
        printf '%s\n' $lines
    end
end

complete --command truthound-store --no-files --keep-order --arguments '(__truthound_store_complete)'

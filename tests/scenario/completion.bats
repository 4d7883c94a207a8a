# What the shells offer, asked as they ask.

bats_require_minimum_version 1.5.0
load helper

begin()
{
	mkdir exports
	cp -r "$TOP/exports.example/20250606-120000" exports/
	mkdir bin
	ln -s "$HLEXPORT" bin/hlexport
	PATH=$PWD/bin:$PATH
}

# in_bash WORD...: what bash offers for the last of these.
in_bash()
{
	bash -c '
		. "$1"
		shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_hlexport
		printf "%s\n" "${COMPREPLY[@]}"
	' - "$TOP/contrib/completions/bash" hlexport "$@"
}

# What should be offered for which words: of each kind.
cases()
{
	cat <<-'END'
	conv|convert
	help ver|verify
	verify --js|--json
	--log-f|--log-format
	convert --format dj|
	convert --format du|duckdb
	report --format h|html
	query --format m|markdown
	export --type prompt,to|prompt,tool
	--include raw,agg|raw,aggregates
	convert exports/20250606-120000 --tables logs,evaluation_l|logs,evaluation_logs
	convert exports/20250606-120000 -c id,start_t|id,start_time
	query exports/20250606-120000 trace|trace_spans
	--source mon|monkai
	--source monkai --namesp|--namespace
	sources ch|check
	completion fi|fish
	summary la|latest
	verify exports/2|exports/20250606-120000
	--progress pl|plain
	-p pl|plain
	END
}

@test "bash: of each kind of word" {
	begin
	local line
	while IFS='|' read -r line wanted; do
		# shellcheck disable=SC2086 # words
		assert_equal "$line: $(in_bash $line | sort -u | paste -sd ' ')" \
		    "$line: $wanted"
	done < <(cases)
	# bash takes "=" for a word of its own.
	assert_equal "$(in_bash convert --format = xl)" xlsx
	assert_equal "$(in_bash convert --format =)" "$(in_bash convert \
	    --format '')"
	in_bash verify '' | grep -qx latest
	in_bash '' | grep -qx pack
	# Only what goes with the command.
	run in_bash verify -
	assert_contains "$output" "--online"
	refute_contains "$output" "--format"
	mkdir 'a folder'
	touch a.sql
	assert_equal "$(in_bash -o 'a ')" 'a folder'
	assert_equal "$(in_bash query exports/2 -f a. | grep sql)" a.sql
}

@test "fish: of each kind of word" {
	command -v fish >/dev/null || skip "no fish"
	begin
	local line
	while IFS='|' read -r line wanted; do
		assert_equal "$line: $(HOME=$PWD fish --no-config -c "
		    source $TOP/contrib/completions/fish
		    complete -C 'hlexport $line'" | cut -f 1 |
		    sed 's|/$||' | sort -u | paste -sd ' ')" "$line: $wanted"
	done < <(cases | grep -v ',')
	assert_equal "$(HOME=$PWD fish --no-config -c "
	    source $TOP/contrib/completions/fish
	    complete -C 'hlexport convert --format=xl'" | cut -f 1)" \
	    --format=xlsx
}

@test "zsh: of each kind of word" {
	command -v zsh >/dev/null || skip "no zsh"
	begin
	mkdir functions
	cp "$TOP/contrib/completions/zsh" functions/_hlexport
	local line try
	while IFS='|' read -r line wanted; do
		[ -n "$wanted" ] || continue
		# What stands there once a word was completed; on a busy machine
		# the key may come before the shell is ready.
		for try in 1 2 3 4; do
		[ $try = 1 ] || [[ $output != *"${wanted##*[ ,]}"* ]] || break
		run zsh -f -c '
			zmodload zsh/zpty
			zpty z zsh -f -i
			zpty -w z "PS1=; setopt nobeep; fpath=($1 \$fpath); autoload -U compinit"
			zpty -w z "compinit -D -u; compdef _hlexport hlexport"
			zpty -w z "autoload -U _hlexport; cd $2; echo re""ady"
			zpty -r -m z x "*ready*"
			zpty -n -w z "hlexport $3"$'"'\t'"'" #done"$'"'\n'"'
			zpty -r -m z x "*done*"
			print -r -- "$x"
		' - "$PWD/functions" "$PWD" "$line"
		done
		[[ $output == *"${wanted##*[ ,]}"* ]] ||
		    assert_equal "$line: $output" "$line: $wanted"
	done < <(cases)
}

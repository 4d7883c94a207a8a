# bash completion for hlexport; made by 'hlexport completion bash'
_hlexport()
{
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	--source)
		COMPREPLY=($(compgen -f -- "$cur"))
		return
		;;
	--output)
		COMPREPLY=($(compgen -d -- "$cur"))
		return
		;;
	--resume)
		COMPREPLY=($(compgen -d -- "$cur"))
		return
		;;
	--sample)
		COMPREPLY=()
		return
		;;
	--jobs)
		COMPREPLY=()
		return
		;;
	--retries)
		COMPREPLY=()
		return
		;;
	--max-wait)
		COMPREPLY=()
		return
		;;
	--max-body)
		COMPREPLY=()
		return
		;;
	--buffer)
		COMPREPLY=()
		return
		;;
	--stall)
		COMPREPLY=()
		return
		;;
	--first-byte)
		COMPREPLY=()
		return
		;;
	--ca-file)
		COMPREPLY=($(compgen -f -- "$cur"))
		return
		;;
	--allow-host)
		COMPREPLY=()
		return
		;;
	--env-file)
		COMPREPLY=($(compgen -f -- "$cur"))
		return
		;;
	--progress)
		COMPREPLY=($(compgen -W "auto bar plain json none" -- "$cur"))
		return
		;;
	--log-format)
		COMPREPLY=($(compgen -W "text json" -- "$cur"))
		return
		;;
	--output-file)
		COMPREPLY=($(compgen -f -- "$cur"))
		return
		;;
	--format)
		COMPREPLY=($(compgen -W "parquet csv json jsonl xlsx duckdb" -- "$cur"))
		return
		;;
	--file)
		COMPREPLY=($(compgen -f -- "$cur"))
		return
		;;
	--tables)
		COMPREPLY=()
		return
		;;
	--from)
		COMPREPLY=()
		return
		;;
	--to)
		COMPREPLY=()
		return
		;;
	--tz)
		COMPREPLY=()
		return
		;;
	--where)
		COMPREPLY=()
		return
		;;
	--filter)
		COMPREPLY=()
		return
		;;
	--partition-by)
		COMPREPLY=($(compgen -W "day file" -- "$cur"))
		return
		;;
	--compress)
		COMPREPLY=($(compgen -W "gzip zstd" -- "$cur"))
		return
		;;
	--by)
		COMPREPLY=($(compgen -W "hourly daily weekly monthly session user model file version tool agent evaluator project" -- "$cur"))
		return
		;;
	--memory-limit)
		COMPREPLY=()
		return
		;;
	--threads)
		COMPREPLY=()
		return
		;;
	--temp-dir)
		COMPREPLY=($(compgen -d -- "$cur"))
		return
		;;
	--server)
		COMPREPLY=()
		return
		;;
	--directory)
		COMPREPLY=()
		return
		;;
	--type)
		COMPREPLY=($(compgen -W "prompt tool dataset evaluator flow agent" -- "$cur"))
		return
		;;
	--start-date)
		COMPREPLY=()
		return
		;;
	--end-date)
		COMPREPLY=()
		return
		;;
	--include)
		COMPREPLY=($(compgen -W "raw aggregates secrets" -- "$cur"))
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W " --source --output --force --remove --resume --server-moved --dry-run --stdout --repair --online --accept --fast --sample --remove-extra --partial --undo --jobs --retries --max-wait --max-body --buffer --stall --first-byte --ca-file --allow-host --env-file --progress --log-format --output-file --format --file --allow-external --tables --from --to --tz --where --filter --partition-by --zip --compress --bom --guard-formulas --metadata --embed --by --all-formats --skip-damaged --memory-limit --threads --temp-dir --yes --json --quiet --verbose --help --version --server --directory --type --logs --start-date --end-date --include" -- "$cur"))
	else
		COMPREPLY=($(compgen -W " export summary verify repair adopt pack query convert report sources help" -- "$cur")
			$(compgen -d -- "$cur"))
	fi
}
complete -o filenames -F _hlexport hlexport

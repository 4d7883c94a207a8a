// Print a Parquet file as JSON lines, with a reader that is not DuckDB's.
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

const file = await asyncBufferFromFile(process.argv[2])
const plain = (key, value) =>
  typeof value === 'bigint' ? Number(value) : value
for (const row of await parquetReadObjects({ file, compressors }))
  console.log(JSON.stringify(row, plain))

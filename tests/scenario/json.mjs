// json.mjs SCHEMA FILE...: is each FILE as the schema says?
import { readFileSync } from 'node:fs'
import Ajv from 'ajv/dist/2020.js'

const [schema, ...files] = process.argv.slice(2)
const read = (name) => JSON.parse(readFileSync(name))
const check = new Ajv({ allErrors: true }).compile(read(schema))
for (const file of files)
  if (!check(read(file))) {
    console.log(file, JSON.stringify(check.errors, null, 1))
    process.exitCode = 1
  }

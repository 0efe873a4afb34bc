// Uploads the cases through `appnet run` to each parser, and compares. Usage: node run.mjs APPNET [PYTHON]
// An upload is right if the parser's fields and file are what the program named, and the file has the same bytes.
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { asRead, asText, cases } from './cases.mjs'
import { parsers, start } from './servers.mjs'

const [appnet, python] = process.argv.slice(2)
const here = dirname(fileURLToPath(import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'appnet-parsers-'))

function prepare() {
  mkdirSync(join(folder, 'usr'), { recursive: true })
  writeFileSync(join(folder, '.appnet-sandbox'), '') // it is the app's
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases.map(({ file, name, formData }) => ({ filePath: `wxfile://usr/${file}`, name, formData }))))
  return cases.map(({ file, size, name, formData }) => {
    const bytes = randomBytes(size)
    writeFileSync(join(folder, 'usr', file), bytes)
    const given = Object.entries(formData).filter(([, value]) => value !== null)
    return {
      fields: given.map(([key, value]) => [asRead(key), asText(value)]),
      files: [{ field: asRead(name), name: asRead(file), sha256: createHash('sha256').update(bytes).digest('hex') }],
    }
  })
}

function startPython(parser) {
  const child = spawn(python, [join(here, 'server.py'), parser], { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('exit', () => reject(new Error(`${parser} did not start`)))
    child.stdout.once('data', (line) => resolve({ port: Number(line), close: () => child.kill() }))
  })
}

function upload(port) {
  // Plain HTTP to loopback: what is tried here is the body.
  const args = ['run', join(here, 'program.js'), '--env', 'devtools', '--no-url-check', '--log', 'off', '--data-dir', folder, `--allow-read=${folder}`, '--max-time', '60']
  const child = spawn(appnet, [...args, '--', `http://127.0.0.1:${port}/`, join(folder, 'cases.json')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const answers = []
  createInterface({ input: child.stdout }).on('line', (line) => answers.push(JSON.parse(line)))
  return new Promise((resolve) => child.on('close', () => resolve(answers)))
}

function seen({ statusCode, data, errMsg }) {
  if (statusCode !== 200) return `${errMsg} ${statusCode} ${data}`
  const { fields, files } = JSON.parse(data)
  return {
    fields: fields.map(([name, value]) => [asRead(name), value]),
    files: files.map(({ field, name, sha256 }) => ({ field: asRead(field), name: asRead(name), sha256 })),
  }
}

async function tried(parser, server, expected) {
  const answers = await upload(server.port)
  server.close()
  const wrong = expected.flatMap((right, i) => {
    const got = answers[i] ? seen(answers[i]) : 'no answer'
    return isDeepStrictEqual(got, right) ? [] : [{ file: cases[i].file, right, got }]
  })
  for (const { file, right, got } of wrong) console.log(`  ✗ ${file}\n    right: ${JSON.stringify(right)?.slice(0, 600)}\n    got:   ${JSON.stringify(got)?.slice(0, 600)}`)
  console.log(`${wrong.length ? 'FAIL' : 'PASS'} ${parser}: ${expected.length - wrong.length}/${expected.length} uploads`)
  return wrong.length === 0
}

let right = true
try {
  const expected = prepare()
  for (const [parser, parse] of Object.entries(parsers)) right = (await tried(parser, await start(parse), expected)) && right
  if (python) for (const parser of ['multipart', 'werkzeug']) right = (await tried(parser, await startPython(parser), expected)) && right
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit(right ? 0 : 1)

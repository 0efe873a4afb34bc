// Two of the parsers, each behind a server of its own. A server answers a form with {fields: [[name, value]], files: [{field, name, type, sha256}]}.
import { createHash } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import busboy from 'busboy'
import formidable from 'formidable'

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

function withBusboy(request) {
  return new Promise((resolve, reject) => {
    const fields = [], files = []
    const parser = busboy({ headers: request.headers, defParamCharset: 'utf8', preservePath: true })
    parser.on('field', (name, value) => fields.push([name, value]))
    parser.on('file', (field, stream, { filename, mimeType }) => {
      const hash = createHash('sha256')
      stream.on('data', (bytes) => hash.update(bytes)).on('end', () => files.push({ field, name: filename, type: mimeType, sha256: hash.digest('hex') }))
    })
    parser.on('close', () => resolve({ fields, files })).on('error', reject)
    request.pipe(parser)
  })
}

async function withFormidable(request) {
  const [fields, files] = await formidable({ allowEmptyFiles: true, minFileSize: 0 }).parse(request)
  const all = (named) => Object.entries(named).flatMap(([name, list]) => list.map((one) => [name, one]))
  return {
    fields: all(fields),
    files: all(files).map(([field, file]) => {
      const bytes = readFileSync(file.filepath)
      rmSync(file.filepath)
      return { field, name: file.originalFilename, type: file.mimetype, sha256: sha256(bytes) }
    }),
  }
}

export const parsers = { busboy: withBusboy, formidable: withFormidable }

export function start(parse) {
  const server = createServer(async (request, response) => {
    try {
      response.end(JSON.stringify(await parse(request)))
    } catch (error) {
      response.writeHead(400).end(String(error))
    }
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({ port: server.address().port, close: () => server.close() })))
}

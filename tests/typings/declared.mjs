// What is declared: by the platform's official typings and by wx.d.ts. Read with the compiler, so that no list is kept by hand.
import { readFileSync } from 'node:fs'
import ts from 'typescript'

// The functions of the four APIs and of the network's state, by the address that each has in the platform's documentation.
const PAGE = /\/api\/(?:network\/(?:request|upload|download|websocket)|device\/network)\/wx\.(\w+)\.html/g
// Those whose pages stand elsewhere.
const BESIDE = ['canIUse', 'getRandomValues']

export function read(folder) {
  const config = ts.parseJsonConfigFileContent(ts.readConfigFile(`${folder}/tsconfig.json`, ts.sys.readFile).config, ts.sys, folder, undefined, `${folder}/tsconfig.json`)
  const program = ts.createProgram(config.fileNames, config.options)
  const errors = ts.getPreEmitDiagnostics(program).map((it) => ts.formatDiagnostic(it, { getCurrentDirectory: () => folder, getCanonicalFileName: (name) => name, getNewLine: () => '\n' }))
  const checker = program.getTypeChecker()
  const source = (end) => program.getSourceFiles().find(({ fileName }) => fileName.endsWith(end))
  const official = source('types/wx/lib.wx.api.d.ts')
  const ours = source('js/wx.d.ts')
  const platform = checker.getSymbolsInScope(official, ts.SymbolFlags.Namespace).find(({ name }) => name === 'WechatMiniprogram')
  const named = (symbols, name) => checker.getDeclaredTypeOfSymbol(symbols.find((symbol) => symbol.name === name))
  const pages = [...readFileSync(official.fileName, 'utf8').matchAll(PAGE)].map(([, name]) => name)
  const functions = [...new Set([...pages, ...BESIDE])].sort()
  return {
    errors,
    functions,
    names: checker.getPropertiesOfType(named(checker.getExportsOfModule(platform), 'Wx')).filter((it) => checker.getTypeOfSymbol(it).getCallSignatures().length).map(({ name }) => name),
    official: described(checker, named(checker.getExportsOfModule(platform), 'Wx'), functions),
    ours: described(checker, named(checker.getExportsOfModule(checker.getSymbolAtLocation(ours)), 'Wx')),
  }
}

// Of each function: the names of its options, of what success, fail or the listener get, with those of the objects in it, and of what it
// returns.
function described(checker, type, names) {
  const result = {}
  for (const property of checker.getPropertiesOfType(type)) {
    if (names && !names.includes(property.name)) continue
    result[property.name] = describe(checker, checker.getTypeOfSymbol(property).getCallSignatures()[0])
  }
  return result
}

function describe(checker, signature) {
  const [given] = signature.getParameters()
  const type = given && solid(checker, checker.getTypeOfSymbol(given))
  if (!type || type.flags & ts.TypeFlags.StringLike) return { options: [], heard: {}, returns: [] }
  const heard = {}
  if (type.getCallSignatures().length) heard.listener = fields(checker, argument(checker, type))
  const options = members(checker, type)
  for (const outcome of ['success', 'fail']) {
    const callback = type.getProperty(outcome)
    if (callback) heard[outcome] = fields(checker, argument(checker, solid(checker, checker.getTypeOfSymbol(callback))))
  }
  const returned = checker.getReturnTypeOfSignature(signature)
  const isTask = (returned.flags & ts.TypeFlags.Object) && returned.symbol?.name.endsWith('Task')
  return { options, heard, returns: isTask ? members(checker, returned) : [] }
}

const solid = (checker, type) => {
  const there = checker.getNonNullableType(type)
  return there.flags & ts.TypeFlags.TypeParameter ? checker.getBaseConstraintOfType(there) : there
}
const argument = (checker, type) => checker.getTypeOfSymbol(type.getCallSignatures()[0].getParameters()[0])
const members = (checker, type) => checker.getPropertiesOfType(type).map(({ name }) => name)

// `statusCode`, `profile.rtt`: one level down, for the objects whose names are the platform's.
function fields(checker, type) {
  return checker.getPropertiesOfType(type).flatMap((property) => {
    const inner = solid(checker, checker.getTypeOfSymbol(property))
    const named = /(Profile|Exception)$/.test(inner.symbol?.name ?? '')
    return named ? [property.name, ...members(checker, inner).map((name) => `${property.name}.${name}`)] : [property.name]
  })
}

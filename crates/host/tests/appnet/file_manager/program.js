// Every operation of FileSystemManager on every kind of path, and what it says. `expected.txt` was printed by the version that worked on
// the app's folder directly.
const fs = wx.getFileSystemManager(), usr = wx.env.USER_DATA_PATH
const at = (path) => (path === '' ? usr : /^\w+:/.test(path) ? path : `${usr}/${path}`)

function begin() {
  for (const name of ['d', 'f', 'empty', 'none']) {
    try { fs.rmdirSync(at(name), true) } catch {}
    try { fs.unlinkSync(at(name)) } catch {}
  }
  fs.mkdirSync(at('d/e'), true)
  fs.mkdirSync(at('empty'))
  fs.writeFileSync(at('d/g'), 'xyz')
  fs.writeFileSync(at('f'), 'abc')
}

// All that is there, with the content of files.
const all = (folder = usr) => fs.readdirSync(folder).map((name) => {
  const path = `${folder}/${name}`
  return fs.statSync(path).isDirectory() ? `${name}(${all(path)})` : `${name}=${fs.readFileSync(path, 'utf8')}`
}).join(' ')

function show(name, ...args) {
  begin()
  const before = all()
  let said
  try {
    const result = fs[`${name}Sync`](...args.map((arg, i) => (i === 0 || name === 'rename' || name === 'copyFile' ? at(arg) : arg)))
    said = name === 'stat' ? [result.mode, result.isFile() && result.size, result.lastModifiedTime > 1e9].join() : JSON.stringify(result) ?? 'done'
  } catch (error) {
    said = `${error.message} ${error.errno}`
  }
  const after = all()
  host.print(`${name} ${args}: ${said}${after === before ? '' : ` -> ${after}`}`)
}

for (const path of ['f', 'd', 'empty/', 'f/', 'none', 'none/x', 'f/x', '', '../x', 'x:/etc', 'wxfile://tmp_none', 'y'.repeat(256)]) {
  for (const name of ['access', 'readdir', 'stat', 'unlink']) show(name, path)
  show('readFile', path, 'utf8')
  show('readFile', path, 'utf8', 4)
  show('writeFile', path, 'new')
  show('appendFile', path, 'more')
  for (const name of ['mkdir', 'rmdir']) for (const recursive of [false, true]) show(name, path, recursive)
  for (const to of ['f', 'd', 'empty', 'none', 'none/x', 'f/x', 'd/x', 'd/e/x', '', '../x', 'wxfile://tmp_x']) {
    show('rename', path, to)
    show('copyFile', path, to)
  }
}

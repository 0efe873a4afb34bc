// What a person reads. The host says under which heading it prints its records of calls, and whether colours are wanted.
const [heading, ...wishes] = host.args
const colour = wishes.includes('colour')
const paint = (code: string, text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text)

let chapters = 0
let passed = 0
const broken: string[] = []

export const chapter = (title: string, about: string[]) => {
  host.print('')
  host.print(paint('1;36', `${++chapters}  ${title}`))
  for (const line of about) host.print(`   ${line}`)
  host.print(heading)
}

// One promise of the platform: kept or not.
export const promise = (text: string, kept: boolean) => {
  if (kept) passed++
  else broken.push(text)
  host.print(`   ${kept ? paint('32', '✓') : paint('1;31', '✗')} ${text}`)
}

export const summary = () => {
  host.print('')
  if (broken.length) for (const text of broken) host.print(paint('1;31', `not kept: ${text}`))
  else host.print(paint('1;32', `All ${passed} promises kept.`))
}

export const failed = (): boolean => broken.length > 0

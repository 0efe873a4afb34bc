// What is uploaded: names that parsers trip over, and texts that would be more parts if they could. `size` is that of the file.
const line = 'a\r\nb\nc\rd'
const part = '\r\n--x\r\nContent-Disposition: form-data; name="evil"\r\n\r\n1'

export const cases = [
  { file: 'plain.txt', size: 12, name: 'file', formData: { key: 'value', number: 5, yes: true } },
  { file: '图片 照片.png', size: 70001, name: '文件', formData: { 标题: '小程序', '空 格': '' } },
  { file: 'say "hi" & \'bye\'.txt', size: 1, name: 'a"b', formData: { 'q"uote': 'v"alue', "it's": '"' } },
  { file: '🎈 and 👨‍👩‍👧.bin', size: 300000, name: '🎈', formData: { '👨‍👩‍👧': '🎈'.repeat(1000) } },
  { file: 'semi; filename=evil.txt', size: 3, name: 'x; filename="y"', formData: { 'name="z"': 'a; b="c"' } },
  { file: 'lines.txt', size: 5, name: line, formData: { [line]: line, last: '\r\n' } },
  { file: 'inject.txt', size: 5, name: `f${part}`, formData: { value: part, [`k${part}`]: 'v', dashes: '--' } },
  { file: 'percent%22%0D%0A.txt', size: 2, name: '100%', formData: { '%0D': '%22' } },
  { file: 'empty', size: 0, name: 'file', formData: {} },
  { file: `${'长'.repeat(83)}.ext`, size: 65536, name: 'n'.repeat(200), formData: { long: 'x'.repeat(100000) } },
  { file: 'big.bin', size: 5000000, name: 'file', formData: { list: [1, 'two'], none: null } },
]

// What is left of a text behind a browser's way of writing it, which we follow: line breaks are CRLF, and in names `"`, CR and LF are
// percent escapes, which some parsers undo.
export const asWritten = (text) => text.replace(/\r\n|\r|\n/g, '\r\n')
export const asRead = (name) => asWritten(name.replace(/%22/g, '"').replace(/%0D/g, '\r').replace(/%0A/g, '\n'))
export const asText = (value) => asWritten(typeof value === 'object' ? JSON.stringify(value) : String(value))

// Uploads and downloads.

const { API, call, is, holds, succeeded, file, read } = require('../kit');

const upload = (options, during) => call('uploadFile', Object.assign({ url: `${API}/upload`, filePath: file('a.txt', '上传'.repeat(1000)), name: 'f' }, options), during);

module.exports = [
  ['F1', 'an upload is a form: fields in order, then the file', async () => {
    const { data } = succeeded(await upload({ name: 'f"\r\n', formData: { b: '一', a: 2, 'c"': 'x\r\ny' } }), 'uploadFile');
    is(typeof data, 'string', 'data');
    const form = JSON.parse(data);
    is(form.fields.slice(0, 2), [['b', '一'], ['a', '2']], 'fields');
    is([form.fields.length, form.files.length, form.files[0].size], [3, 1, 6000], 'files');
  }],
  ['F1', 'the file has its name and that of its field', async () => {
    const [found] = JSON.parse(succeeded(await upload({ name: 'picture' }), 'uploadFile').data).files;
    is([found.field, found.name.endsWith('.txt')], ['picture', true], 'file');
  }],
  ['F1', 'an upload has the app\'s headers, but the content-type of a form', async () => {
    const end = await upload({ url: `${API}/echo`, header: { 'X-Mine': 'a', 'Content-Type': 'application/json' } });
    const seen = JSON.parse(succeeded(end, 'uploadFile').data);
    is([seen.method, seen.headers['x-mine']], ['POST', 'a'], 'X-Mine');
    holds(seen.headers['content-type'].startsWith('multipart/form-data; boundary='), seen.headers['content-type']);
    is(Number(seen.headers['content-length']), seen.bodyLength, 'Content-Length');
  }],
  ['F1', 'any status of an upload is a success', async () => {
    const { statusCode, data } = succeeded(await upload({ url: `${API}/status/500` }), '500');
    is([statusCode, data], [500, '{"status":500}'], '500');
  }],
  ['F1', 'the progress of an upload is told, up to its end', async () => {
    const told = [];
    await upload({}, (task) => task.onProgressUpdate((now) => told.push(now)));
    const last = told[told.length - 1];
    is([last && last.progress, last && last.totalBytesSent], [100, last && last.totalBytesExpectedToSend], 'the last');
    holds(last.totalBytesSent >= 6000, JSON.stringify(last));
    holds(told.every((now, n) => n === 0 || now.progress >= told[n - 1].progress), 'it goes back');
  }],
  ['F2', 'only the app\'s own files are uploaded', async () => {
    for (const filePath of ['/etc/passwd', `${wx.env.USER_DATA_PATH}/../x`, `${wx.env.USER_DATA_PATH}/none`]) {
      const end = await upload({ filePath });
      holds(!end.ok && end.result.errMsg.startsWith('uploadFile:fail'), filePath);
    }
  }],
  ['F3', 'a download is a temporary file, or the one that was named', async () => {
    const temporary = succeeded(await call('downloadFile', { url: `${API}/json` }), 'temporary');
    is([temporary.statusCode, temporary.filePath, typeof temporary.tempFilePath], [200, undefined, 'string'], 'temporary');
    is(JSON.parse(read(temporary.tempFilePath)).ok, true, 'its content');
    const filePath = `${wx.env.USER_DATA_PATH}/named`;
    const named = succeeded(await call('downloadFile', { url: `${API}/json`, filePath }), 'named');
    is([named.filePath, named.tempFilePath], [filePath, undefined], 'named');
    is(JSON.parse(read(filePath)).ok, true, 'its content');
  }],
  ['F3', 'any status of a download is a success, and its body the file', async () => {
    const { statusCode, tempFilePath } = succeeded(await call('downloadFile', { url: `${API}/status/404` }), '404');
    is([statusCode, read(tempFilePath)], [404, '{"status":404}'], '404');
  }],
  ['F3', 'what was downloaded can be uploaded', async () => {
    const { tempFilePath } = succeeded(await call('downloadFile', { url: `${API}/bytes/1000` }), 'downloadFile');
    is(JSON.parse(succeeded(await upload({ filePath: tempFilePath }), 'uploadFile').data).files[0].size, 1000, 'size');
  }],
  ['F3', 'nothing partial is seen under a name', async () => {
    const filePath = file('kept', 'before');
    holds(!(await call('downloadFile', { url: `${API}/cut/1000`, filePath })).ok, 'it succeeded');
    is(read(filePath), 'before', 'the file');
  }],
  ['F5', 'the progress of a download is told, up to its end', async () => {
    const told = [];
    const end = await call('downloadFile', { url: `${API}/bytes/300000` }, (task) => task.onProgressUpdate((now) => told.push(now)));
    succeeded(end, 'downloadFile');
    const last = told[told.length - 1];
    is([last && last.progress, last && last.totalBytesWritten, last && last.totalBytesExpectedToWrite], [100, 300000, 300000], 'the last');
    holds(told.every((now, n) => n === 0 || now.totalBytesWritten >= told[n - 1].totalBytesWritten), 'it goes back');
  }],
];

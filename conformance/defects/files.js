// Uploads and downloads.

const ofApi = (breaks, api, ends) => ({ breaks, ends: (end, of, options) => { if (of === api) ends(end, options); } });

// What the server says of a form.
const form = (breaks, change) => ofApi(breaks, 'uploadFile', ({ result }) => {
  if (!`${result.data}`.startsWith('{"fields"') && !`${result.data}`.startsWith('{"files"')) return;
  const seen = JSON.parse(result.data);
  change(seen);
  result.data = JSON.stringify(seen);
});

const progress = (breaks, change) => ({
  breaks,
  task: (task) => {
    const { onProgressUpdate } = task;
    if (onProgressUpdate) task.onProgressUpdate = (listener) => onProgressUpdate((now) => change(now, listener));
  },
});

module.exports = {
  'the answer to an upload is parsed': ofApi('F1', 'uploadFile', ({ result }) => { if (result.data) result.data = JSON.parse(result.data); }),
  'formData is forgotten': { breaks: 'F1', options: (options) => { delete options.formData; } },
  'formData is in order of its names': form('F1', (seen) => { seen.fields.sort(); }),
  'numbers of formData are left out': { breaks: 'F1', options: (options) => { if (options.formData) options.formData = Object.assign({}, options.formData, { a: undefined }); } },
  'a line break in formData begins a part': form('F1', (seen) => { if (seen.fields.length === 3) seen.fields.push(['y', '']); }),
  'the field of a file is called file': { breaks: 'F1', options: (options, api) => { if (api === 'uploadFile') options.name = 'file'; } },
  'a file is called blob': form('F1', (seen) => { for (const one of seen.files) one.name = 'blob'; }),
  'headers of uploads are forgotten': { breaks: 'F1', options: (options, api) => { if (api === 'uploadFile') delete options.header; } },
  'the content-type of an upload is the app\'s': {
    breaks: 'F1',
    sent: (seen, options) => { if (options.filePath && options.header && options.header['Content-Type']) seen.headers['content-type'] = options.header['Content-Type']; },
  },
  'an upload of 400 and above fails': ofApi('F1', 'uploadFile', (end) => { if (end.result.statusCode >= 400) end.ok = false; }),
  'progress is not told': { breaks: 'F1 F5', task: (task) => { if (task.onProgressUpdate) task.onProgressUpdate = () => {}; } },
  'progress does not reach its end': progress('F1 F5', (now, listener) => { if (now.progress < 100) listener(now); }),
  'progress is a share of one': progress('F1 F5', (now, listener) => listener(Object.assign({}, now, { progress: now.progress / 100 }))),
  'progress of downloads has the names of uploads': progress('F5', (now, listener) => listener({ progress: now.progress, totalBytesSent: now.totalBytesWritten, totalBytesExpectedToSend: now.totalBytesExpectedToWrite })),
  'paths lead out of the app': ofApi('F2', 'uploadFile', (end, { filePath }) => { if (filePath === '/etc/passwd') end.ok = true; }),
  'a file that is missing is empty': ofApi('F2', 'uploadFile', (end, { filePath }) => { if (`${filePath}`.endsWith('/none')) end.ok = true; }),
  'a download has both paths': { breaks: 'F3', ends: ({ result }) => { if (result.filePath) result.tempFilePath = result.filePath; } },
  'filePath is not looked at': { breaks: 'F3', options: (options, api) => { if (api === 'downloadFile') delete options.filePath; } },
  'a download of 400 and above fails': ofApi('F3', 'downloadFile', (end) => { if (end.result.statusCode >= 400) end.ok = false; }),
  'a temporary file has a path of the system': ofApi('F3', 'downloadFile', ({ result }) => { if (result.tempFilePath) result.tempFilePath = result.tempFilePath.replace('wxfile://', '/tmp/'); }),
  'a download is written where it will be': {
    breaks: 'F3',
    options: (options, api) => {
      if (api === 'downloadFile' && options.filePath) wx.getFileSystemManager().writeFileSync(options.filePath, 'part', 'utf8');
    },
  },
};

// Asks the rules one after the other.

const RULES = [].concat(
  require('./rules/domains'), require('./rules/time'), require('./rules/requests'), require('./rules/answers'), require('./rules/tasks'),
  require('./rules/files'), require('./rules/sockets'),
);

async function within(patience, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing for ${patience} ms`)), patience);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

// Whether a rule holds: undefined, or what was found in its place.
async function broken(check, patience) {
  try {
    await within(patience, check());
    return undefined;
  } catch (error) {
    return error.message;
  }
}

module.exports = { RULES, broken };

module.exports = function WebSocket() {
  throw new Error('ws does not work in browsers, which have a WebSocket of their own');
};

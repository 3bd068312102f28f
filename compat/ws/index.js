module.exports = require('ws101/ws');

import { afterAll, beforeAll, describe } from 'vitest';
import { type ServerEndpoint, startServer } from './endpoints.js';
import { testEveryCase } from './every-case.js';

describe('conformance of the server', () => {
  let server: ServerEndpoint;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());
  testEveryCase('server', () => server.endpoint);
});

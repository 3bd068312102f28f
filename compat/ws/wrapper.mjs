export * from 'ws101/ws';
export { default } from 'ws101/ws';

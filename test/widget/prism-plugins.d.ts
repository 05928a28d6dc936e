declare module "prismjs/plugins/*";

"""AWS Secrets Manager and Parameter Store. The only package that knows aiobotocore."""

public class Login {
  public static void main(String[] a) {
    String user = System.console().readLine("User: ");
    char[] word = System.console().readPassword("Password: ");
    System.out.println(user + " typed " + word.length + " characters");
  }
}
